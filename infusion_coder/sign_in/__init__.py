"""How people prove who they are: password, second factor, the facility's own sign-in, and how long that holds."""
