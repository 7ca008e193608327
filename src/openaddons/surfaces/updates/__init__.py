"""What browsers ask: is there an update, and may I have the package?"""
