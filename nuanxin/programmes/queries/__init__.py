"""What may be read of 服务."""
