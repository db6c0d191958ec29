"""HubSpot: contacts (and other CRM objects) by the dated and the v3 paths, consent by e-mail address."""
