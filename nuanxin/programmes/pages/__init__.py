"""Pages of 服务."""
