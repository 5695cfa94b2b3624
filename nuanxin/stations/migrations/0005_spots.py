"""What the search reads, kept by triggers; its indexes: all stations, and one for each rare kind."""

import django.db.models.deletion
from django.db import migrations, models

import nuanxin.stations.models.multirange
import nuanxin.stations.models.spot

# The list of nuanxin.stations.rules.nearest, bit by bit; a test holds the two together.
BITS = """
CREATE FUNCTION stations_facility_bit(kind text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT 1::bigint << array_position(ARRAY['water', 'hot_water', 'charge', 'toilet', 'nap',
        'microwave', 'medicine', 'battery_swap', 'counselling', 'legal_desk', 'fridge',
        'heating_cooling', 'table_chairs', 'reading', 'wifi', 'rain_gear', 'tools', 'aed',
        'blood_pressure', 'mother_baby', 'tv', 'haircut', 'sofa', 'two_wheeler_parking'], kind) - 1
$$;
"""
# 1 = OpenState.OPEN, 3 = Standing.CLOSED, 0.87… = cos 29.5°.
KEPT = """
CREATE FUNCTION stations_bring_spots(ids bigint[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM stations_stationspot p USING stations_station s
    WHERE p.station_id = ANY(ids) AND s.id = p.station_id AND s.standing = 3;
    INSERT INTO stations_stationspot AS p
        (station_id, place, lng, lat, facilities, usable_until, open_during)
    SELECT s.id, point(s.wgs_lng * 0.8703556959398997, s.wgs_lat), s.wgs_lng, s.wgs_lat,
           COALESCE((SELECT bit_or(stations_facility_bit(f.kind)) FROM stations_facility f
                     WHERE f.station_id = s.id AND f.works), 0),
           CASE WHEN t.state = 1 THEN t.fresh_until END,
           COALESCE(t.open_during, '{}'::tstzmultirange)
    FROM stations_station s LEFT JOIN stations_stationstate t ON t.station_id = s.id
    WHERE s.id = ANY(ids) AND s.standing <> 3
    ON CONFLICT (station_id) DO UPDATE SET place = EXCLUDED.place, lng = EXCLUDED.lng,
        lat = EXCLUDED.lat, facilities = EXCLUDED.facilities,
        usable_until = EXCLUDED.usable_until, open_during = EXCLUDED.open_during;
$$;
CREATE FUNCTION stations_spots_of_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM stations_bring_spots((SELECT array_agg(id) FROM fresh));
    RETURN NULL;
END $$;
CREATE FUNCTION stations_spots_of_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM stations_bring_spots((
        SELECT array_agg(f.id) FROM fresh f JOIN was w ON w.id = f.id
        WHERE (f.wgs_lng, f.wgs_lat, f.standing) IS DISTINCT FROM (w.wgs_lng, w.wgs_lat, w.standing)
    ));
    RETURN NULL;
END $$;
CREATE FUNCTION stations_count_facilities(ids bigint[]) RETURNS void LANGUAGE sql AS $$
    UPDATE stations_stationspot p SET facilities = n.bits
    FROM (SELECT i.id, COALESCE(bit_or(stations_facility_bit(f.kind)), 0) AS bits
          FROM (SELECT DISTINCT unnest(ids) AS id) i
          LEFT JOIN stations_facility f ON f.station_id = i.id AND f.works
          GROUP BY i.id) n
    WHERE p.station_id = n.id AND p.facilities <> n.bits;
$$;
CREATE FUNCTION stations_facilities_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM stations_count_facilities((SELECT array_agg(station_id) FROM fresh));
    RETURN NULL;
END $$;
CREATE FUNCTION stations_facilities_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM stations_count_facilities((SELECT array_agg(station_id) FROM was));
    RETURN NULL;
END $$;
CREATE FUNCTION stations_state_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE stations_stationspot p
    SET usable_until = CASE WHEN t.state = 1 THEN t.fresh_until END, open_during = t.open_during
    FROM fresh t
    WHERE p.station_id = t.station_id
      AND (p.usable_until, p.open_during)
          IS DISTINCT FROM (CASE WHEN t.state = 1 THEN t.fresh_until END, t.open_during);
    RETURN NULL;
END $$;
CREATE TRIGGER spots_of_new AFTER INSERT ON stations_station
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION stations_spots_of_new();
CREATE TRIGGER spots_of_changed AFTER UPDATE ON stations_station
    REFERENCING OLD TABLE AS was NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION stations_spots_of_changed();
CREATE TRIGGER facilities_new AFTER INSERT ON stations_facility
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION stations_facilities_new();
CREATE TRIGGER facilities_changed AFTER UPDATE ON stations_facility
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION stations_facilities_new();
CREATE TRIGGER facilities_gone AFTER DELETE ON stations_facility
    REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION stations_facilities_gone();
CREATE TRIGGER state_new AFTER INSERT ON stations_stationstate
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION stations_state_told();
CREATE TRIGGER state_changed AFTER UPDATE ON stations_stationstate
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION stations_state_told();
SELECT stations_bring_spots((SELECT array_agg(id) FROM stations_station));
"""
KEPT_BACK = """
DROP TRIGGER state_changed ON stations_stationstate;
DROP TRIGGER state_new ON stations_stationstate;
DROP TRIGGER facilities_gone ON stations_facility;
DROP TRIGGER facilities_changed ON stations_facility;
DROP TRIGGER facilities_new ON stations_facility;
DROP TRIGGER spots_of_changed ON stations_station;
DROP TRIGGER spots_of_new ON stations_station;
DROP FUNCTION stations_state_told();
DROP FUNCTION stations_facilities_gone();
DROP FUNCTION stations_facilities_new();
DROP FUNCTION stations_count_facilities(bigint[]);
DROP FUNCTION stations_spots_of_changed();
DROP FUNCTION stations_spots_of_new();
DROP FUNCTION stations_bring_spots(bigint[]);
"""
# Room on each page, so that a state that changes touches no index.
INDEXES = """
ALTER TABLE stations_stationspot SET (fillfactor = 70);
CREATE INDEX spot_place ON stations_stationspot USING gist (place);
"""
# nap, medicine, battery_swap, counselling, legal_desk, aed, blood_pressure, mother_baby, haircut
RARE = (16, 64, 128, 256, 512, 131072, 262144, 524288, 2097152)


class Migration(migrations.Migration):

    dependencies = [
        ('stations', '0004_inspections'),
    ]

    operations = [
        migrations.CreateModel(
            name='StationSpot',
            fields=[
                ('station', models.OneToOneField(db_index=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to='stations.station', verbose_name='驿站')),
                ('place', nuanxin.stations.models.spot.PlaneField(verbose_name='平面位置')),
                ('lng', models.FloatField(verbose_name='经度 WGS-84')),
                ('lat', models.FloatField(verbose_name='纬度 WGS-84')),
                ('facilities', models.BigIntegerField(default=0, verbose_name='能用的设施')),
                ('usable_until', models.DateTimeField(null=True, verbose_name='可信到')),
                ('open_during', nuanxin.stations.models.multirange.TimesField(verbose_name='开放时间')),
            ],
            options={
                'verbose_name': '驿站找点行',
            },
        ),
        migrations.RunSQL(INDEXES, migrations.RunSQL.noop),
        *(
            migrations.RunSQL(
                f"CREATE INDEX spot_with_{bit} ON stations_stationspot USING gist (place)"
                f" WHERE facilities & {bit} <> 0",
                migrations.RunSQL.noop,
            )
            for bit in RARE
        ),
        migrations.RunSQL(BITS, "DROP FUNCTION stations_facility_bit(text)"),
        migrations.RunSQL(KEPT, KEPT_BACK),
    ]
