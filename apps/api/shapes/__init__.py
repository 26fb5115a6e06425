"""What goes in and comes out, as serializers: they check, and the OpenAPI document is made from them."""
