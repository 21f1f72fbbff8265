"""Who may do what: users, advertisers, roles, sign-in, API keys, the audit log. Nothing here knows the web."""
