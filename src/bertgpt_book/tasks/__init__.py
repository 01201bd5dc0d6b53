"""What the models are used for. This room imports anything but `widgets` and `plots`."""
