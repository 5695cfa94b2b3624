"""Addresses of 权限."""

from django.urls import path

from nuanxin.access.pages import accounts, desk_sign_in, hosts, posts, sign_in, tokens

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-in/claim/", sign_in.claim, name="sign-in-claim"),
    path("sign-in/host/<slug:provider>/", hosts.depart, name="sign-in-host"),
    path("sign-in/host/<slug:provider>/return/", hosts.arrive, name="sign-in-host-return"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("large", sign_in.large, name="large"),
    path("desk/sign-in/", desk_sign_in.sign_in, name="desk-sign-in"),
    path("desk/sign-in/code/", desk_sign_in.second_step, name="desk-sign-in-code"),
    path("desk/sign-in/enrol/", desk_sign_in.enrol, name="desk-sign-in-enrol"),
    path("desk/me/", posts.me, name="desk-me"),
    path("desk/matrix/", posts.matrix, name="desk-matrix"),
    path("desk/posts/", posts.post_list, name="desk-posts"),
    path("desk/posts/grant/", posts.grant, name="desk-post-grant"),
    path("desk/posts/<int:post_id>/", posts.post, name="desk-post"),
    path("desk/posts/<int:post_id>/approve/", posts.approve, name="desk-post-approve"),
    path("desk/posts/<int:post_id>/revoke/", posts.revoke, name="desk-post-revoke"),
    path("desk/tokens/", tokens.token_list, name="desk-tokens"),
    path("desk/tokens/new/", tokens.token_new, name="desk-token-new"),
    path("desk/tokens/<int:token_id>/revoke/", tokens.token_revoke, name="desk-token-revoke"),
    path("desk/accounts/", accounts.account_list, name="desk-accounts"),
    path("desk/accounts/new/", accounts.account_new, name="desk-account-new"),
    path("desk/accounts/<uuid:account_id>/", accounts.account, name="desk-account"),
    path(
        "desk/accounts/<uuid:account_id>/close/", accounts.account_close, name="desk-account-close"
    ),
    path(
        "desk/accounts/<uuid:account_id>/reopen/",
        accounts.account_reopen,
        name="desk-account-reopen",
    ),
]
