"""Forms of 服务."""
