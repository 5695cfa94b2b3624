"""服务: offers, quotas, draws, applications, awards."""
