"""A small shop of our own on django-oscar: what a project has to add to the package to sell things."""
