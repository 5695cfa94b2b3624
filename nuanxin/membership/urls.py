"""Addresses of 会籍."""

from django.urls import path

from nuanxin.membership.pages import (
    card,
    ceremonies,
    duplicates,
    join,
    listings,
    member_export,
    members,
    mine,
    my_data,
    papers,
    receipt,
    review,
    rosters,
    standing,
)

urlpatterns = [
    path("", mine.home, name="worker-home"),
    path("me/", mine.me, name="worker-me"),
    path("me/application/withdraw/", mine.withdraw_application, name="worker-withdraw"),
    path("me/data/", my_data.data, name="worker-data"),
    path("me/data/name/", my_data.correct_name, name="worker-correct-name"),
    path("me/data/phone/", my_data.correct_phone, name="worker-correct-phone"),
    path("me/data/consent/", my_data.consent, name="worker-consent"),
    path("me/data/delete/", my_data.erase, name="worker-erase"),
    path("notice/<slug:purpose>/", my_data.notice, name="notice"),
    path("me/readings/", mine.readings, name="worker-readings"),
    path("me/keep/", mine.keep, name="worker-keep"),
    path("me/leave/", mine.leave, name="worker-leave"),
    path("me/transfer/<int:transfer_id>/", mine.answer_transfer, name="worker-transfer"),
    path("i/<str:token>/", mine.invitation, name="invitation"),
    path("join/", join.why, name="join"),
    path("join/u/<slug:code>/", join.why, name="join-of"),
    path("join/work/", join.work, name="join-work"),
    path("join/person/", join.person, name="join-person"),
    path("join/union/", join.union, name="join-union"),
    path("join/check/", join.check, name="join-check"),
    path("on-site/", ceremonies.on_site, name="on-site"),
    path("join/quick/", join.quick, name="join-quick"),
    path("join/done/", receipt.done, name="join-done"),
    path("me/transfer/here/", receipt.transfer_here, name="worker-transfer-here"),
    path("me/card.pdf", papers.card_paper, name="worker-card-paper"),
    path("me/joining-form.pdf", papers.joining_paper, name="worker-joining-paper"),
    path("me/card/", card.card, name="worker-card"),
    path("card/check/", card.check, name="card-check"),
    path("card/check/worker.js", card.worker, name="card-check-worker"),
    path("card/check/bundle.json", card.bundle, name="card-bundle"),
    path("desk/", review.home, name="desk-home"),
    path("desk/review/", review.queue, name="desk-review"),
    path("desk/review/decide/", review.decide, name="desk-review-decide"),
    path("desk/review/undo/<int:run_id>/", review.undo, name="desk-review-undo"),
    path("desk/review/<int:application_id>/", review.application, name="desk-application"),
    path("desk/tasks/<int:task_id>/settle/", review.settle, name="desk-task-settle"),
    path("desk/members/", members.member_list, name="desk-members"),
    path("desk/members/export/", member_export.member_export, name="desk-members-export"),
    path("desk/members/<int:membership_id>/", members.member, name="desk-member"),
    path(
        "desk/members/<int:membership_id>/clear/", members.member_unmask, name="desk-member-unmask"
    ),
    path(
        "desk/members/<int:membership_id>/contacts/",
        members.member_contact,
        name="desk-member-contact",
    ),
    path(
        "desk/members/<int:membership_id>/contacts/<int:contact_id>/back/",
        members.member_contact_back,
        name="desk-member-contact-back",
    ),
    path("desk/members/<int:membership_id>/standing/", standing.standing, name="desk-standing"),
    path("desk/duplicates/", duplicates.duplicate_list, name="desk-duplicates"),
    path("desk/duplicates/<int:duplicate_id>/", duplicates.duplicate, name="desk-duplicate"),
    path("desk/merges/<int:merge_id>/undo/", duplicates.merge_undo, name="desk-merge-undo"),
    path("desk/ceremonies/", ceremonies.ceremony_list, name="desk-ceremonies"),
    path("desk/ceremonies/new/", ceremonies.ceremony_new, name="desk-ceremony-new"),
    path("desk/ceremonies/<int:ceremony_id>/", ceremonies.ceremony, name="desk-ceremony"),
    path(
        "desk/ceremonies/<int:ceremony_id>/signed/",
        ceremonies.ceremony_signed,
        name="desk-ceremony-signed",
    ),
    path(
        "desk/ceremonies/<int:ceremony_id>/sheet/",
        ceremonies.ceremony_sheet,
        name="desk-ceremony-sheet",
    ),
    path(
        "desk/ceremonies/<int:ceremony_id>/close/",
        ceremonies.ceremony_close,
        name="desk-ceremony-close",
    ),
    path(
        "desk/unions/<slug:code>/outlets/sheet/", listings.outlets_sheet, name="desk-outlets-sheet"
    ),
    path("desk/unions/<slug:code>/below/sheet/", listings.unions_sheet, name="desk-unions-sheet"),
    path("desk/listings/<int:listing_id>/", listings.listing, name="desk-listing"),
    path("desk/listings/<int:listing_id>/columns/", listings.columns, name="desk-listing-columns"),
    path("desk/listings/<int:listing_id>/confirm/", listings.confirm, name="desk-listing-confirm"),
    path("desk/listings/<int:listing_id>/discard/", listings.discard, name="desk-listing-discard"),
    path("desk/listings/<int:listing_id>/result/", listings.result, name="desk-listing-result"),
    path("desk/rosters/", rosters.roster_list, name="desk-rosters"),
    path("desk/rosters/new/", rosters.roster_drop, name="desk-roster-new"),
    path("desk/rosters/<int:batch_id>/", rosters.roster, name="desk-roster"),
    path(
        "desk/rosters/<int:batch_id>/columns/", rosters.roster_columns, name="desk-roster-columns"
    ),
    path(
        "desk/rosters/<int:batch_id>/confirm/", rosters.roster_confirm, name="desk-roster-confirm"
    ),
    path(
        "desk/rosters/<int:batch_id>/discard/", rosters.roster_discard, name="desk-roster-discard"
    ),
    path("desk/rosters/<int:batch_id>/undo/", rosters.roster_undo, name="desk-roster-undo"),
    path("desk/rosters/<int:batch_id>/result/", rosters.roster_result, name="desk-roster-result"),
]
