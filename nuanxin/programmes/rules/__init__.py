"""Pure decisions of 服务: how places are shared, how lots are drawn."""
