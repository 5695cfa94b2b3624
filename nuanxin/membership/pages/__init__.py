"""Pages of 会籍: joining, one's own membership, confirming on the phone or on site."""
