"""Addresses of 服务."""

from django.urls import path

from nuanxin.programmes.pages import (
    bases,
    can_get,
    deliveries,
    desk,
    desk_help,
    desk_proofs,
    desk_publicity,
    forfeits,
    helped,
    offers,
    payments,
    proofs,
    publicity,
    reminders,
    review_desk,
    reviews,
    rule_drafts,
    rules,
    stating,
)

urlpatterns = [
    path("programmes/", offers.offer_list, name="worker-offers"),
    path("programmes/mine/", offers.mine, name="my-offers"),
    path("programmes/apply/", offers.apply, name="offer-apply"),
    path("programmes/confirm/", offers.confirm, name="offer-confirm"),
    path("programmes/withdraw/", offers.withdraw, name="offer-withdraw"),
    path("programmes/draw.py", offers.draw_script, name="draw-script"),
    path("programmes/<slug:code>/", offers.offer, name="offer"),
    path("programmes/<slug:code>/draw.json", offers.draw_file, name="offer-draw"),
    path("desk/programmes/", desk.offer_list, name="desk-offers"),
    path("desk/programmes/new/", desk.offer_kinds, name="desk-offer-kinds"),
    path("desk/programmes/new/fill/", desk.offer_new, name="desk-offer-new"),
    path("desk/programmes/<int:offer_id>/", desk.offer, name="desk-offer"),
    path("desk/programmes/<int:offer_id>/act/", desk.offer_act, name="desk-offer-act"),
    path("desk/programmes/<int:offer_id>/draw/", desk.offer_draw, name="desk-offer-draw"),
    path("desk/programmes/<int:offer_id>/awards/", desk.offer_awards, name="desk-offer-awards"),
    path("desk/programmes/<int:offer_id>/export/", desk.offer_export, name="desk-offer-export"),
    path(
        "desk/programmes/<int:offer_id>/deliveries/",
        deliveries.deliveries,
        name="desk-offer-deliveries",
    ),
    path("desk/programmes/<int:offer_id>/deliver/", deliveries.deliver, name="desk-offer-deliver"),
    # 我能领
    path("can-get/", can_get.can_get, name="can-get"),
    path("can-get/questions/", stating.questions, name="offer-questions"),
    path("can-get/review/", reviews.ask, name="review-ask"),
    path("me/facts/", stating.my_facts, name="my-facts"),
    path("me/facts/answer/", stating.answer, name="fact-answer"),
    path("me/facts/take-back/", stating.take_back, name="fact-take-back"),
    path("me/reviews/<int:review_id>/", reviews.mine, name="my-review"),
    path("me/reviews/<int:review_id>/withdraw/", reviews.withdraw, name="my-review-withdraw"),
    path("desk/human-reviews/", review_desk.review_list, name="desk-human-reviews"),
    path("desk/human-reviews/<int:review_id>/", review_desk.review, name="desk-human-review"),
    path(
        "desk/human-reviews/<int:review_id>/act/",
        review_desk.review_act,
        name="desk-human-review-act",
    ),
    # 公示
    path("publicity/", publicity.notice_list, name="notices"),
    path("publicity/receipt/", publicity.objection_receipt, name="objection-receipt"),
    path("publicity/<slug:code>/", publicity.notice, name="public-notice"),
    path("publicity/<slug:code>/sheet/", publicity.notice_sheet, name="notice-sheet"),
    path("publicity/<slug:code>/object/", publicity.notice_object, name="notice-object"),
    path("desk/publicity/", desk_publicity.board, name="desk-notices"),
    path("desk/publicity/<int:notice_id>/", desk_publicity.notice, name="desk-notice"),
    path(
        "desk/publicity/<int:notice_id>/finish/", desk_publicity.finish, name="desk-notice-finish"
    ),
    path("desk/objections/<int:objection_id>/", desk_publicity.objection, name="desk-objection"),
    # 政策找人
    path("notices/settings/", reminders.settings, name="reminder-settings"),
    # 发放
    path("payments/mine/", payments.my_payments, name="my-payments"),
    path("desk/payments/", payments.payment_lists, name="desk-payments"),
    path("desk/payments/make/", payments.payment_make, name="desk-payment-make"),
    path("desk/payments/<int:list_id>/", payments.payment_list, name="desk-payment-list"),
    path("desk/payments/<int:list_id>/act/", payments.payment_act, name="desk-payment-act"),
    path(
        "desk/payments/<int:list_id>/export/", payments.payment_export, name="desk-payment-export"
    ),
    path(
        "desk/payments/<int:list_id>/results/",
        payments.payment_results,
        name="desk-payment-results",
    ),
    path(
        "desk/payments/<int:list_id>/reverse/",
        payments.payment_reverse,
        name="desk-payment-reverse",
    ),
    # 服务的条件
    path("programmes/<slug:code>/basis/", bases.own_basis, name="offer-basis"),
    path(
        "desk/programmes/<int:offer_id>/basis/<int:application_id>/",
        bases.desk_basis,
        name="desk-offer-basis",
    ),
    path("desk/rules/", rules.rule_list, name="desk-rules"),
    path("desk/rules/versions/<int:version_id>/", rule_drafts.draft, name="desk-rule-draft"),
    path("desk/rules/versions/<int:version_id>/check/", rule_drafts.check, name="desk-rule-check"),
    path(
        "desk/rules/versions/<int:version_id>/preview/",
        rule_drafts.preview,
        name="desk-rule-preview",
    ),
    path(
        "desk/rules/versions/<int:version_id>/decide/", rule_drafts.decide, name="desk-rule-decide"
    ),
    path("desk/rules/<slug:code>/", rules.rule, name="desk-rule"),
    path("desk/rules/<slug:code>/new/", rules.rule_new, name="desk-rule-new"),
    path("desk/rules/<slug:code>/<int:number>/", rules.rule_version, name="desk-rule-version"),
    # 取消资格
    path("forfeits/mine/", forfeits.my_forfeits, name="my-forfeits"),
    path("desk/forfeits/", forfeits.forfeit_list, name="desk-forfeits"),
    path("desk/forfeits/<int:forfeit_id>/", forfeits.forfeit, name="desk-forfeit"),
    path("desk/forfeits/<int:forfeit_id>/act/", forfeits.forfeit_act, name="desk-forfeit-act"),
    # 工作证明
    path("a/<str:token>/", proofs.answer, name="attest-link"),
    path("proofs/", proofs.mine, name="proofs"),
    path("proofs/ask/", proofs.ask, name="proof-ask"),
    path("proofs/take-back/", proofs.take_back, name="proof-take-back"),
    path("proofs/withdraw/", proofs.withdraw, name="proof-withdraw"),
    path("desk/proofs/", desk_proofs.proof_list, name="desk-proofs"),
    path("desk/proofs/asked/", desk_proofs.asked, name="desk-proofs-asked"),
    path("desk/proofs/asked/<int:request_id>/", desk_proofs.answer, name="desk-proof-answer"),
    path("desk/proofs/attesters/", desk_proofs.attester_list, name="desk-attesters"),
    path("desk/proofs/attesters/new/", desk_proofs.attester_new, name="desk-attester-new"),
    path("desk/proofs/attesters/<int:attester_id>/", desk_proofs.attester, name="desk-attester"),
    path("desk/proofs/<int:attestation_id>/", desk_proofs.proof, name="desk-proof"),
    path("desk/proofs/<int:attestation_id>/act/", desk_proofs.proof_act, name="desk-proof-act"),
    # 代办
    path("helped/", helped.helped, name="helped"),
    path("helped/undo/", helped.undo, name="helped-undo"),
    path("desk/help/", desk_help.begin, name="desk-help"),
    path("desk/help/mine/", desk_help.mine, name="desk-help-mine"),
    path("desk/help/acts/", desk_help.acts, name="desk-help-acts"),
    path("desk/help/<int:session_id>/", desk_help.session, name="desk-help-session"),
]
