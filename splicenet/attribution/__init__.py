"""Why the network called a site: attributions base by base, and how far to trust them."""
