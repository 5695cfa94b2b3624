"""Every write of 服务."""
