"""Pages of 权限: signing in and out, posts, tokens, accounts, the matrix, large type."""
