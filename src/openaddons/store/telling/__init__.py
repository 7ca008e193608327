"""What is told outside of what happens: the outbox, its deliveries, webhooks and mails."""
