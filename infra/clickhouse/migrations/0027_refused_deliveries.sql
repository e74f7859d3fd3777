-- A target that our own configuration does not allow is no passing trouble: messages to it are held, and go out once it is allowed.
ALTER TABLE watchkeeper.delivery_versions COMMENT COLUMN outcome 'delivered, retry, refused (held until the configuration allows the target), gave_up';
ALTER TABLE watchkeeper.deliveries COMMENT COLUMN outcome 'delivered, retry, refused (held until the configuration allows the target), gave_up';
