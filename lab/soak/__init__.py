"""The soak: thousands of orders to one agent process, which must not grow."""
