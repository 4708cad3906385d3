"""How the fleet is laid: its files, its certificates, its database."""
