
import django.db.models.deletion
import nuanxin.stations.states.inspections
from django.db import migrations, models

PROMISES = """
ALTER TABLE stations_keepershift ADD CONSTRAINT nobody_at_two_places EXCLUDE USING gist (
    person_key WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (ended_at IS NULL);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON stations_inspection
    FOR EACH STATEMENT EXECUTE FUNCTION records_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON stations_keeperpaper
    FOR EACH STATEMENT EXECUTE FUNCTION records_refuse_change();

CREATE FUNCTION stations_draw_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT NEW.draw @> OLD.draw OR NEW.union_id <> OLD.union_id OR NEW.state < OLD.state THEN
        RAISE EXCEPTION 'what was committed stays as it was'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'draw_only_grows';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER draw_only_grows BEFORE UPDATE ON stations_inspectionround
    FOR EACH ROW EXECUTE FUNCTION stations_draw_only_grows();

CREATE FUNCTION stations_finding_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.found, OLD.note, OLD.item, OLD.due_on, OLD.inspection_id)
       IS DISTINCT FROM (NEW.found, NEW.note, NEW.item, NEW.due_on, NEW.inspection_id)
       OR OLD.seen_at IS NOT NULL THEN
        RAISE EXCEPTION 'what was found stands; only its mending moves'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'finding_stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER finding_stands BEFORE UPDATE ON stations_inspectionfinding
    FOR EACH ROW EXECUTE FUNCTION stations_finding_stands();

CREATE FUNCTION stations_selection_is_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state < OLD.state OR OLD.decided_at IS NOT NULL
       OR NEW.decided_at IS NOT NULL AND EXISTS (
           SELECT 1 FROM stations_selectionobjection o
           JOIN stations_nomination n ON n.id = o.nomination_id
           WHERE n.selection_id = NEW.id AND o.outcome = 1) THEN
        RAISE EXCEPTION 'a selection goes forward, and is final when nothing is unanswered'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'selection_in_order';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER selection_in_order BEFORE UPDATE ON stations_selection
    FOR EACH ROW EXECUTE FUNCTION stations_selection_is_in_order();

CREATE FUNCTION stations_shown_list_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.is_proposed AND (NOT NEW.is_proposed OR OLD.total IS DISTINCT FROM NEW.total
       OR OLD.rank IS DISTINCT FROM NEW.rank OR OLD.station_id <> NEW.station_id
       OR OLD.struck_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a line that everybody has seen is struck, never rewritten'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'shown_list_stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER shown_list_stands BEFORE UPDATE ON stations_nomination
    FOR EACH ROW EXECUTE FUNCTION stations_shown_list_stands();
"""
TAKEN_BACK = """
DROP TRIGGER shown_list_stands ON stations_nomination;
DROP FUNCTION stations_shown_list_stands();
DROP TRIGGER selection_in_order ON stations_selection;
DROP FUNCTION stations_selection_is_in_order();
DROP TRIGGER finding_stands ON stations_inspectionfinding;
DROP FUNCTION stations_finding_stands();
DROP TRIGGER draw_only_grows ON stations_inspectionround;
DROP FUNCTION stations_draw_only_grows();
DROP TRIGGER append_only ON stations_keeperpaper;
DROP TRIGGER append_only ON stations_inspection;
ALTER TABLE stations_keepershift DROP CONSTRAINT nobody_at_two_places;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('orgs', '0006_covered_days'),
        ('stations', '0003_living'),
    ]

    operations = [
        migrations.CreateModel(
            name='Inspection',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('client_id', models.UUIDField(unique=True, verbose_name='设备给的编号')),
                ('kind', models.SmallIntegerField(choices=[(nuanxin.stations.states.inspections.InspectionKind['SAMPLE'], '抽查'), (nuanxin.stations.states.inspections.InspectionKind['ROUTINE'], '例行检查'), (nuanxin.stations.states.inspections.InspectionKind['MASTER_DAY'], '干部当一天站长'), (nuanxin.stations.states.inspections.InspectionKind['COMPLAINT'], '有人反映去看')], verbose_name='为什么查')),
                ('form_code', models.CharField(max_length=20, verbose_name='检查表')),
                ('inspected_at', models.DateTimeField(verbose_name='检查时间')),
                ('sent_at', models.DateTimeField(verbose_name='交上时间')),
                ('until_at', models.DateTimeField(null=True, verbose_name='到什么时候')),
                ('permille', models.SmallIntegerField(verbose_name='得分（千分比）')),
                ('verdict', models.SmallIntegerField(choices=[(nuanxin.stations.states.inspections.Verdict['EXCELLENT'], '优秀'), (nuanxin.stations.states.inspections.Verdict['GOOD'], '良好'), (nuanxin.stations.states.inspections.Verdict['PASS'], '合格'), (nuanxin.stations.states.inspections.Verdict['MEND'], '要整改')], verbose_name='结论')),
                ('heard', models.CharField(blank=True, max_length=500, verbose_name='听到什么')),
                ('inspector_id', models.UUIDField(null=True, verbose_name='检查账号')),
                ('inspector_key', models.CharField(max_length=48, verbose_name='检查本人')),
                ('inspector_name', models.CharField(max_length=60, verbose_name='检查人')),
                ('station', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='stations.station', verbose_name='驿站')),
            ],
            options={
                'verbose_name': '检查',
            },
        ),
        migrations.CreateModel(
            name='InspectionFinding',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('item', models.CharField(max_length=20, verbose_name='哪一项')),
                ('text', models.CharField(max_length=80, verbose_name='要求')),
                ('found', models.SmallIntegerField(choices=[(nuanxin.stations.states.inspections.Finding['YES'], '做到了'), (nuanxin.stations.states.inspections.Finding['NO'], '没做到'), (nuanxin.stations.states.inspections.Finding['NOT_HERE'], '这里没有')], verbose_name='看到')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='说明')),
                ('due_on', models.DateField(null=True, verbose_name='哪天前整改')),
                ('mended_at', models.DateTimeField(null=True, verbose_name='说改好了的时间')),
                ('mended_note', models.CharField(blank=True, max_length=200, verbose_name='怎么改的')),
                ('mended_key', models.CharField(blank=True, max_length=48, verbose_name='改的本人')),
                ('mended_name', models.CharField(blank=True, max_length=60, verbose_name='改的人')),
                ('seen_at', models.DateTimeField(null=True, verbose_name='复查时间')),
                ('seen_key', models.CharField(blank=True, max_length=48, verbose_name='复查本人')),
                ('seen_name', models.CharField(blank=True, max_length=60, verbose_name='复查人')),
                ('inspection', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='stations.inspection', verbose_name='检查')),
                ('station', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='stations.station', verbose_name='驿站')),
            ],
            options={
                'verbose_name': '检查项',
            },
        ),
        migrations.CreateModel(
            name='InspectionRound',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=60, verbose_name='名称')),
                ('state', models.SmallIntegerField(default=1, verbose_name='状态')),
                ('permille', models.SmallIntegerField(verbose_name='抽几成（千分比）')),
                ('due_on', models.DateField(verbose_name='哪天前查完')),
                ('draw', models.JSONField(verbose_name='抽签文件')),
                ('stations', models.IntegerField(verbose_name='名单里几家')),
                ('sampled', models.IntegerField(default=0, verbose_name='抽中几家')),
                ('created_at', models.DateTimeField(verbose_name='封存时间')),
                ('created_by', models.UUIDField(null=True, verbose_name='封存账号')),
                ('created_by_name', models.CharField(blank=True, max_length=60, verbose_name='封存人')),
                ('drawn_at', models.DateTimeField(null=True, verbose_name='抽出时间')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='结束时间')),
                ('union', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='orgs.union', verbose_name='工会')),
            ],
            options={
                'verbose_name': '抽查',
            },
        ),
        migrations.CreateModel(
            name='KeeperPaper',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.SmallIntegerField(choices=[(nuanxin.stations.states.inspections.PaperKind['TRAINING'], '培训'), (nuanxin.stations.states.inspections.PaperKind['RECORD_CHECK'], '犯罪记录查询')], verbose_name='哪一种')),
                ('done_on', models.DateField(verbose_name='日期')),
                ('is_clear', models.BooleanField(verbose_name='通过')),
                ('course', models.CharField(blank=True, max_length=80, verbose_name='培训内容')),
                ('noted_at', models.DateTimeField(verbose_name='登记时间')),
                ('noted_by', models.UUIDField(null=True, verbose_name='登记账号')),
                ('noted_by_name', models.CharField(blank=True, max_length=60, verbose_name='登记人')),
                ('keeper', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='stations.stationkeeper', verbose_name='驿站站长')),
            ],
            options={
                'verbose_name': '站长记录',
            },
        ),
        migrations.CreateModel(
            name='KeeperShift',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('person_key', models.CharField(help_text='同一个人在几个站也只有一个', max_length=48, verbose_name='本人')),
                ('starts_at', models.DateTimeField(verbose_name='开始')),
                ('ends_at', models.DateTimeField(verbose_name='结束')),
                ('made_at', models.DateTimeField(verbose_name='排班时间')),
                ('made_by', models.UUIDField(null=True, verbose_name='排班账号')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='撤下时间')),
                ('keeper', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='stations.stationkeeper', verbose_name='驿站站长')),
                ('station', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='stations.station', verbose_name='驿站')),
            ],
            options={
                'verbose_name': '值班',
            },
        ),
        migrations.CreateModel(
            name='SampledStation',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('inspection', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, to='stations.inspection', verbose_name='检查')),
                ('round', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='stations.inspectionround', verbose_name='抽查')),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='stations.station', verbose_name='驿站')),
            ],
            options={
                'verbose_name': '抽中的驿站',
            },
        ),
        migrations.CreateModel(
            name='Selection',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('code', models.SlugField(max_length=20, unique=True, verbose_name='编号')),
                ('title', models.CharField(max_length=60, verbose_name='名称')),
                ('year', models.SmallIntegerField(verbose_name='年度')),
                ('places', models.SmallIntegerField(verbose_name='评几家')),
                ('state', models.SmallIntegerField(default=1, verbose_name='状态')),
                ('nominate_until', models.DateField(verbose_name='推荐到哪天')),
                ('weights', models.JSONField(help_text='开始核对时的值', verbose_name='评分怎么合')),
                ('posted_at', models.DateTimeField(null=True, verbose_name='公示时间')),
                ('publicity_until', models.DateTimeField(null=True, verbose_name='公示到')),
                ('posted_key', models.CharField(blank=True, max_length=48, verbose_name='公示本人')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='定下时间')),
                ('decided_key', models.CharField(blank=True, max_length=48, verbose_name='定下本人')),
                ('created_at', models.DateTimeField(verbose_name='开始时间')),
                ('created_by_name', models.CharField(blank=True, max_length=60, verbose_name='开始的人')),
                ('union', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='orgs.union', verbose_name='主办工会')),
            ],
            options={
                'verbose_name': '评最美驿站',
            },
        ),
        migrations.CreateModel(
            name='Nomination',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=300, verbose_name='为什么推荐')),
                ('nominated_at', models.DateTimeField(verbose_name='推荐时间')),
                ('nominated_key', models.CharField(max_length=48, verbose_name='推荐本人')),
                ('nominated_name', models.CharField(max_length=60, verbose_name='推荐人')),
                ('withdrawn_at', models.DateTimeField(null=True, verbose_name='撤回时间')),
                ('total', models.SmallIntegerField(null=True, verbose_name='合计（千分比）')),
                ('rank', models.SmallIntegerField(null=True, verbose_name='名次')),
                ('proof', models.CharField(blank=True, max_length=300, verbose_name='怎么算的')),
                ('left_out', models.CharField(blank=True, max_length=120, verbose_name='为什么没排')),
                ('is_proposed', models.BooleanField(default=False, verbose_name='在公示名单里')),
                ('struck_at', models.DateTimeField(null=True, verbose_name='划去时间')),
                ('struck_reason', models.CharField(blank=True, max_length=200, verbose_name='为什么划去')),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='stations.station', verbose_name='驿站')),
                ('selection', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='stations.selection', verbose_name='评最美驿站')),
            ],
            options={
                'verbose_name': '推荐',
            },
        ),
        migrations.CreateModel(
            name='SelectionObjection',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('receipt', models.CharField(max_length=20, unique=True, verbose_name='回执号')),
                ('outcome', models.SmallIntegerField(default=1, verbose_name='结果')),
                ('filed_at', models.DateTimeField(verbose_name='提出时间')),
                ('bound_to', models.UUIDField(unique=True, verbose_name='密文所系')),
                ('text_sealed', models.BinaryField(verbose_name='内容')),
                ('posted_key', models.CharField(max_length=48, verbose_name='公示本人')),
                ('answer', models.CharField(blank=True, max_length=400, verbose_name='答复')),
                ('answered_at', models.DateTimeField(null=True, verbose_name='答复时间')),
                ('answered_key', models.CharField(blank=True, max_length=48, verbose_name='答复本人')),
                ('nomination', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='stations.nomination', verbose_name='推荐')),
            ],
            options={
                'verbose_name': '对最美驿站名单的异议',
            },
        ),
        migrations.CreateModel(
            name='StationRating',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('month_on', models.DateField(help_text='当月 1 日', verbose_name='哪个月')),
                ('rater', models.UUIDField(verbose_name='打分人摘要')),
                ('stars', models.SmallIntegerField(verbose_name='几颗星')),
                ('rated_at', models.DateTimeField(verbose_name='打分时间')),
                ('station', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='stations.station', verbose_name='驿站')),
            ],
            options={
                'verbose_name': '评价',
            },
        ),
        migrations.AddIndex(
            model_name='inspection',
            index=models.Index(fields=['station', '-inspected_at', '-id'], name='inspection_of_station'),
        ),
        migrations.AddIndex(
            model_name='inspection',
            index=models.Index(fields=['inspector_key', '-id'], name='inspection_of_inspector'),
        ),
        migrations.AddConstraint(
            model_name='inspection',
            constraint=models.CheckConstraint(condition=models.Q(('permille__gte', 0), ('permille__lte', 1000)), name='inspection_marks_in_range'),
        ),
        migrations.AddConstraint(
            model_name='inspection',
            constraint=models.CheckConstraint(condition=models.Q(('sent_at__gte', models.F('inspected_at'))), name='inspection_sent_after_it_was'),
        ),
        migrations.AddConstraint(
            model_name='inspection',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 3), ('until_at__gt', models.F('inspected_at'))), models.Q(models.Q(('kind', 3), _negated=True), ('until_at__isnull', True)), _connector='OR'), name='master_day_has_an_end'),
        ),
        migrations.AddIndex(
            model_name='inspectionfinding',
            index=models.Index(condition=models.Q(('due_on__isnull', False), ('seen_at__isnull', True)), fields=['due_on', 'id'], name='finding_to_be_mended'),
        ),
        migrations.AddIndex(
            model_name='inspectionfinding',
            index=models.Index(condition=models.Q(('due_on__isnull', False)), fields=['station', '-id'], name='finding_of_station'),
        ),
        migrations.AddConstraint(
            model_name='inspectionfinding',
            constraint=models.UniqueConstraint(fields=('inspection', 'item'), name='each_item_once'),
        ),
        migrations.AddConstraint(
            model_name='inspectionfinding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('due_on__isnull', False), ('found', 2)), models.Q(models.Q(('found', 2), _negated=True), ('due_on__isnull', True), ('mended_at__isnull', True)), _connector='OR'), name='what_is_missing_has_a_day'),
        ),
        migrations.AddConstraint(
            model_name='inspectionfinding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('seen_at__isnull', True), ('seen_key', '')), models.Q(('mended_at__isnull', False), ('seen_at__isnull', False), models.Q(('seen_key', ''), _negated=True), models.Q(('seen_key', models.F('mended_key')), _negated=True)), _connector='OR'), name='seen_by_another_than_mended'),
        ),
        migrations.AddIndex(
            model_name='inspectionround',
            index=models.Index(fields=['union', '-id'], name='round_of_union'),
        ),
        migrations.AddConstraint(
            model_name='inspectionround',
            constraint=models.CheckConstraint(condition=models.Q(('permille__gte', 1), ('permille__lte', 1000)), name='round_samples_some'),
        ),
        migrations.AddConstraint(
            model_name='inspectionround',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('drawn_at__isnull', True), ('state', 1)), models.Q(('drawn_at__isnull', False), ('state__gt', 1)), _connector='OR'), name='round_drawn_at_a_time'),
        ),
        migrations.AddIndex(
            model_name='keeperpaper',
            index=models.Index(fields=['keeper', 'kind', '-done_on'], name='keeper_papers'),
        ),
        migrations.AddConstraint(
            model_name='keeperpaper',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('course', ''), ('kind', 2)), models.Q(('is_clear', True), ('kind', 1), models.Q(('course', ''), _negated=True)), _connector='OR'), name='keeper_paper_of_its_kind'),
        ),
        migrations.AddIndex(
            model_name='keepershift',
            index=models.Index(fields=['station', 'starts_at'], name='shift_of_station'),
        ),
        migrations.AddIndex(
            model_name='keepershift',
            index=models.Index(fields=['keeper', 'starts_at'], name='shift_of_keeper'),
        ),
        migrations.AddConstraint(
            model_name='keepershift',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='shift_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='sampledstation',
            constraint=models.UniqueConstraint(fields=('round', 'station'), name='sampled_once_a_round'),
        ),
        migrations.AddIndex(
            model_name='selection',
            index=models.Index(fields=['union', '-year', '-id'], name='selection_of_union'),
        ),
        migrations.AddConstraint(
            model_name='selection',
            constraint=models.CheckConstraint(condition=models.Q(('places__gte', 1)), name='selection_has_places'),
        ),
        migrations.AddConstraint(
            model_name='selection',
            constraint=models.CheckConstraint(condition=models.Q(('decided_at__isnull', True), models.Q(('decided_at__gte', models.F('publicity_until')), models.Q(('decided_key', models.F('posted_key')), _negated=True)), _connector='OR'), name='selection_decided_after_publicity_by_another'),
        ),
        migrations.AddConstraint(
            model_name='nomination',
            constraint=models.UniqueConstraint(fields=('selection', 'station'), name='nominated_once'),
        ),
        migrations.AddConstraint(
            model_name='nomination',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('struck_at__isnull', True), ('struck_reason', '')), models.Q(('struck_at__isnull', False), models.Q(('struck_reason', ''), _negated=True)), _connector='OR'), name='struck_with_reason'),
        ),
        migrations.AddConstraint(
            model_name='selectionobjection',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', True), ('outcome', 1)), models.Q(('answered_at__isnull', False), ('outcome__gt', 1), models.Q(('answer', ''), _negated=True), models.Q(('answered_key', ''), _negated=True), models.Q(('answered_key', models.F('posted_key')), _negated=True)), _connector='OR'), name='selection_objection_answered_by_another'),
        ),
        migrations.AddConstraint(
            model_name='stationrating',
            constraint=models.UniqueConstraint(fields=('station', 'month_on', 'rater'), name='rated_once_a_month'),
        ),
        migrations.AddConstraint(
            model_name='stationrating',
            constraint=models.CheckConstraint(condition=models.Q(('stars__gte', 1), ('stars__lte', 5)), name='one_to_five_stars'),
        ),
        migrations.RunSQL(PROMISES, TAKEN_BACK),
    ]
