"""What programs and appliances write into the text of a message, as fields."""
