"""What people see: the catalogue, a page for each add-on, and the policies that make browsers install them."""
