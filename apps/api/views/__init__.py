"""Views: each calls the selectors and services that the pages call, and has no rule of its own."""
