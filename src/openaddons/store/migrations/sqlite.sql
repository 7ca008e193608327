-- Made by `make docs` from the migrations: change the schema there.
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0014');
CREATE TABLE attempts (
	"key" VARCHAR(64) NOT NULL, 
	forgiven_time BIGINT NOT NULL, 
	CONSTRAINT pk_attempts PRIMARY KEY ("key")
);
CREATE TABLE catalogue (
	product_id VARCHAR(36) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	description VARCHAR(300) NOT NULL, 
	sorted_name VARCHAR(600) NOT NULL, 
	words TEXT NOT NULL, 
	CONSTRAINT pk_catalogue PRIMARY KEY (product_id), 
	CONSTRAINT fk_catalogue_product_id_products FOREIGN KEY(product_id) REFERENCES products (id)
);
CREATE TABLE clients (
	id VARCHAR(36) NOT NULL, 
	publisher_id VARCHAR(36) NOT NULL, 
	created_time BIGINT NOT NULL, 
	CONSTRAINT pk_clients PRIMARY KEY (id), 
	CONSTRAINT fk_clients_publisher_id_publishers FOREIGN KEY(publisher_id) REFERENCES publishers (id)
);
CREATE TABLE contents (
	package_id VARCHAR(36) NOT NULL, 
	digests BLOB NOT NULL, 
	CONSTRAINT pk_contents PRIMARY KEY (package_id), 
	CONSTRAINT fk_contents_package_id_packages FOREIGN KEY(package_id) REFERENCES packages (id)
);
CREATE TABLE credentials (
	id VARCHAR(36) NOT NULL, 
	client_id VARCHAR(36) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	hint VARCHAR(16) NOT NULL, 
	product_id VARCHAR(36), 
	created_time BIGINT NOT NULL, 
	expires_time BIGINT NOT NULL, 
	revoked_time BIGINT, last_used_time BIGINT, expiry_told_time BIGINT, 
	CONSTRAINT pk_credentials PRIMARY KEY (id), 
	CONSTRAINT fk_credentials_client_id_clients FOREIGN KEY(client_id) REFERENCES clients (id), 
	CONSTRAINT fk_credentials_product_id_products FOREIGN KEY(product_id) REFERENCES products (id), 
	CONSTRAINT uq_credentials_digest UNIQUE (digest)
);
CREATE TABLE deliveries (
	id VARCHAR(36) NOT NULL, 
	webhook_id VARCHAR(36), 
	address VARCHAR(320), 
	event_number INTEGER, 
	subject VARCHAR(200), 
	text BLOB, 
	state VARCHAR(16) NOT NULL, 
	created_time BIGINT NOT NULL, 
	due_time BIGINT NOT NULL, 
	attempt INTEGER NOT NULL, 
	leased_until BIGINT, 
	tried_time BIGINT, 
	status INTEGER, 
	answer TEXT, tries JSON DEFAULT '[]' NOT NULL, 
	CONSTRAINT pk_deliveries PRIMARY KEY (id), 
	CONSTRAINT fk_deliveries_event_number_events FOREIGN KEY(event_number) REFERENCES events (number)
);
CREATE TABLE drafts (
	product_id VARCHAR(36) NOT NULL, 
	package_id VARCHAR(36), 
	modules JSON NOT NULL, 
	revision INTEGER NOT NULL, 
	live_revision INTEGER, 
	last_updated_time BIGINT NOT NULL, 
	CONSTRAINT pk_drafts PRIMARY KEY (product_id), 
	CONSTRAINT fk_drafts_package_id_packages FOREIGN KEY(package_id) REFERENCES packages (id), 
	CONSTRAINT fk_drafts_product_id_products FOREIGN KEY(product_id) REFERENCES products (id)
);
CREATE TABLE events (
	number INTEGER NOT NULL, 
	time BIGINT NOT NULL, 
	verb VARCHAR(40) NOT NULL, 
	actor VARCHAR(200) NOT NULL, 
	publisher_id VARCHAR(36), 
	product_id VARCHAR(36), 
	subject VARCHAR(64), 
	correlation_id VARCHAR(36), 
	facts JSON NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (number)
);
CREATE TABLE images (
	object_key VARCHAR(100) NOT NULL, 
	product_id VARCHAR(36) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	size_bytes BIGINT NOT NULL, 
	width INTEGER NOT NULL, 
	height INTEGER NOT NULL, 
	created_time BIGINT NOT NULL, 
	CONSTRAINT pk_images PRIMARY KEY (object_key), 
	CONSTRAINT fk_images_product_id_products FOREIGN KEY(product_id) REFERENCES products (id)
);
CREATE TABLE internal_notes (
	number INTEGER NOT NULL, 
	submission_id VARCHAR(19) NOT NULL, 
	text TEXT NOT NULL, 
	written_by VARCHAR(320) NOT NULL, 
	written_time BIGINT NOT NULL, 
	CONSTRAINT pk_internal_notes PRIMARY KEY (number), 
	CONSTRAINT fk_internal_notes_submission_id_submissions FOREIGN KEY(submission_id) REFERENCES submissions (id)
);
CREATE TABLE links (
	id VARCHAR(36) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	email VARCHAR(320), 
	person_id VARCHAR(36), 
	publisher_id VARCHAR(36), 
	role VARCHAR(16), 
	reviewer BOOLEAN NOT NULL, 
	administrator BOOLEAN NOT NULL, 
	actor VARCHAR(200) NOT NULL, 
	created_time BIGINT NOT NULL, 
	expires_time BIGINT NOT NULL, 
	CONSTRAINT pk_links PRIMARY KEY (id), 
	CONSTRAINT fk_links_person_id_people FOREIGN KEY(person_id) REFERENCES people (id), 
	CONSTRAINT fk_links_publisher_id_publishers FOREIGN KEY(publisher_id) REFERENCES publishers (id), 
	CONSTRAINT uq_links_digest UNIQUE (digest)
);
CREATE TABLE memberships (
	person_id VARCHAR(36) NOT NULL, 
	publisher_id VARCHAR(36) NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	created_time BIGINT NOT NULL, 
	CONSTRAINT pk_memberships PRIMARY KEY (person_id, publisher_id), 
	CONSTRAINT fk_memberships_person_id_people FOREIGN KEY(person_id) REFERENCES people (id), 
	CONSTRAINT fk_memberships_publisher_id_publishers FOREIGN KEY(publisher_id) REFERENCES publishers (id)
);
CREATE TABLE offering (
	id INTEGER NOT NULL, 
	generation BIGINT NOT NULL, 
	update_url TEXT, 
	CONSTRAINT pk_offering PRIMARY KEY (id)
);
INSERT INTO "offering" VALUES(1,1,NULL);
CREATE TABLE offers (
	product_id VARCHAR(36) NOT NULL, 
	ring VARCHAR(40) NOT NULL, 
	release_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_offers PRIMARY KEY (product_id, ring), 
	CONSTRAINT fk_offers_product_id_products FOREIGN KEY(product_id) REFERENCES products (id), 
	CONSTRAINT fk_offers_release_id_releases FOREIGN KEY(release_id) REFERENCES releases (id), 
	CONSTRAINT fk_offers_ring_rings FOREIGN KEY(ring) REFERENCES rings (name)
);
CREATE TABLE operations (
	id VARCHAR(36) NOT NULL, 
	product_id VARCHAR(36) NOT NULL, 
	publisher_id VARCHAR(36) NOT NULL, 
	number INTEGER NOT NULL, 
	kind VARCHAR(8) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	created_time BIGINT NOT NULL, 
	last_updated_time BIGINT NOT NULL, 
	message TEXT, 
	error_code VARCHAR(64), 
	errors JSON, 
	unexpected BOOLEAN NOT NULL, 
	object_key VARCHAR(100), 
	digest VARCHAR(64), 
	size_bytes BIGINT, 
	notes TEXT NOT NULL, 
	actor VARCHAR(200) NOT NULL, 
	correlation_id VARCHAR(36) NOT NULL, 
	attempt INTEGER NOT NULL, 
	leased_until BIGINT, 
	CONSTRAINT pk_operations PRIMARY KEY (id), 
	CONSTRAINT fk_operations_product_id_products FOREIGN KEY(product_id) REFERENCES products (id), 
	CONSTRAINT fk_operations_publisher_id_publishers FOREIGN KEY(publisher_id) REFERENCES publishers (id), 
	CONSTRAINT uq_operations_product_id_number UNIQUE (product_id, number)
);
CREATE TABLE packages (
	id VARCHAR(36) NOT NULL, 
	product_id VARCHAR(36) NOT NULL, 
	object_key VARCHAR(100) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	size_bytes BIGINT NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	version VARCHAR(40) NOT NULL, 
	file_name VARCHAR(300) NOT NULL, 
	facts JSON NOT NULL, 
	findings JSON NOT NULL, 
	created_time BIGINT NOT NULL, 
	CONSTRAINT pk_packages PRIMARY KEY (id), 
	CONSTRAINT fk_packages_product_id_products FOREIGN KEY(product_id) REFERENCES products (id)
);
CREATE TABLE people (
	id VARCHAR(36) NOT NULL, 
	email VARCHAR(320) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	password_hash VARCHAR(300), 
	totp_secret BLOB, 
	totp_last_step BIGINT, 
	recovery_digests JSON NOT NULL, 
	reviewer BOOLEAN NOT NULL, 
	administrator BOOLEAN NOT NULL, 
	created_time BIGINT NOT NULL, 
	disabled_time BIGINT, wants_mail BOOLEAN DEFAULT 1 NOT NULL, 
	CONSTRAINT pk_people PRIMARY KEY (id), 
	CONSTRAINT uq_people_email UNIQUE (email)
);
CREATE TABLE products (
	id VARCHAR(36) NOT NULL, 
	publisher_id VARCHAR(36) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	crx_id VARCHAR(32) NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	signing_key BLOB NOT NULL, 
	signing_key_sealed_by VARCHAR(16) NOT NULL, 
	certification VARCHAR(16), 
	certification_delay_seconds INTEGER, 
	operation_count INTEGER NOT NULL, 
	live_release_id VARCHAR(36), 
	first_published_time BIGINT, 
	created_time BIGINT NOT NULL, 
	last_updated_time BIGINT NOT NULL, first_rings JSON DEFAULT '[]' NOT NULL, offered_generation BIGINT DEFAULT '1' NOT NULL, sorted_name VARCHAR(600) DEFAULT '' NOT NULL, kept_back_time BIGINT, kept_back_reason TEXT, 
	CONSTRAINT pk_products PRIMARY KEY (id), 
	CONSTRAINT fk_products_publisher_id_publishers FOREIGN KEY(publisher_id) REFERENCES publishers (id), 
	CONSTRAINT uq_products_crx_id UNIQUE (crx_id)
);
CREATE TABLE publishers (
	id VARCHAR(36) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	tenant_id VARCHAR(36) NOT NULL, 
	created_time BIGINT NOT NULL, 
	CONSTRAINT pk_publishers PRIMARY KEY (id), 
	CONSTRAINT uq_publishers_name UNIQUE (name), 
	CONSTRAINT uq_publishers_tenant_id UNIQUE (tenant_id)
);
CREATE TABLE questions (
	id VARCHAR(36) NOT NULL, 
	submission_id VARCHAR(19) NOT NULL, 
	text TEXT NOT NULL, 
	asked_by VARCHAR(320) NOT NULL, 
	asked_time BIGINT NOT NULL, 
	answer TEXT, 
	answered_by VARCHAR(320), 
	closed_time BIGINT, 
	CONSTRAINT pk_questions PRIMARY KEY (id), 
	CONSTRAINT fk_questions_submission_id_submissions FOREIGN KEY(submission_id) REFERENCES submissions (id)
);
CREATE TABLE releases (
	id VARCHAR(36) NOT NULL, 
	product_id VARCHAR(36) NOT NULL, 
	submission_id VARCHAR(19) NOT NULL, 
	version VARCHAR(40) NOT NULL, 
	object_key VARCHAR(100) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	size_bytes BIGINT NOT NULL, 
	created_time BIGINT NOT NULL, minimum_chrome_version VARCHAR(40), icon_key VARCHAR(100), offered_to_all_time BIGINT, withdrawn_time BIGINT, withdrawn_reason TEXT, 
	CONSTRAINT pk_releases PRIMARY KEY (id), 
	CONSTRAINT fk_releases_product_id_products FOREIGN KEY(product_id) REFERENCES products (id), 
	CONSTRAINT fk_releases_submission_id_submissions FOREIGN KEY(submission_id) REFERENCES submissions (id), 
	CONSTRAINT uq_releases_product_id_version UNIQUE (product_id, version), 
	CONSTRAINT uq_releases_submission_id UNIQUE (submission_id)
);
CREATE TABLE rings (
	name VARCHAR(40) NOT NULL, 
	created_time BIGINT NOT NULL, 
	CONSTRAINT pk_rings PRIMARY KEY (name)
);
CREATE TABLE sessions (
	id VARCHAR(36) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	person_id VARCHAR(36) NOT NULL, 
	created_time BIGINT NOT NULL, 
	last_seen_time BIGINT NOT NULL, 
	expires_time BIGINT NOT NULL, 
	user_agent VARCHAR(300) NOT NULL, 
	address VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (id), 
	CONSTRAINT fk_sessions_person_id_people FOREIGN KEY(person_id) REFERENCES people (id), 
	CONSTRAINT uq_sessions_digest UNIQUE (digest)
);
CREATE TABLE store_certification (
	id INTEGER NOT NULL, 
	policy VARCHAR(16) NOT NULL, 
	delay_seconds INTEGER, 
	chosen_by VARCHAR(320) NOT NULL, 
	chosen_time BIGINT NOT NULL, 
	CONSTRAINT pk_store_certification PRIMARY KEY (id)
);
CREATE TABLE submissions (
	id VARCHAR(19) NOT NULL, 
	product_id VARCHAR(36) NOT NULL, 
	operation_id VARCHAR(36), 
	package_id VARCHAR(36) NOT NULL, 
	version VARCHAR(40) NOT NULL, 
	revision INTEGER NOT NULL, 
	modules JSON NOT NULL, 
	notes TEXT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	held BOOLEAN NOT NULL, 
	certification VARCHAR(16) NOT NULL, 
	due_time BIGINT, 
	reason TEXT, 
	decided_by VARCHAR(200), 
	actor VARCHAR(200) NOT NULL, 
	created_time BIGINT NOT NULL, 
	last_updated_time BIGINT NOT NULL, 
	attempt INTEGER NOT NULL, 
	leased_until BIGINT, base_package_id VARCHAR(36) CONSTRAINT fk_submissions_base_package_id_packages REFERENCES packages (id), restored_release_id VARCHAR(36), taken_by VARCHAR(320), taken_time BIGINT, review_due_time BIGINT, policies JSON DEFAULT '[]' NOT NULL, decided_time BIGINT, 
	CONSTRAINT pk_submissions PRIMARY KEY (id), 
	CONSTRAINT fk_submissions_operation_id_operations FOREIGN KEY(operation_id) REFERENCES operations (id), 
	CONSTRAINT fk_submissions_package_id_packages FOREIGN KEY(package_id) REFERENCES packages (id), 
	CONSTRAINT fk_submissions_product_id_products FOREIGN KEY(product_id) REFERENCES products (id), 
	CONSTRAINT uq_submissions_operation_id UNIQUE (operation_id)
);
CREATE TABLE webhooks (
	id VARCHAR(36) NOT NULL, 
	publisher_id VARCHAR(36) NOT NULL, 
	url TEXT NOT NULL, 
	types JSON NOT NULL, 
	secret BLOB NOT NULL, 
	former_secret BLOB, 
	former_secret_until BIGINT, 
	created_time BIGINT NOT NULL, 
	last_success_time BIGINT, 
	disabled_time BIGINT, 
	disabled_reason TEXT, 
	CONSTRAINT pk_webhooks PRIMARY KEY (id), 
	CONSTRAINT fk_webhooks_publisher_id_publishers FOREIGN KEY(publisher_id) REFERENCES publishers (id)
);
CREATE INDEX ix_clients_publisher_id ON clients (publisher_id);
CREATE INDEX ix_products_unpublishing ON products (id) WHERE state = 'Unpublish in progress';
CREATE INDEX ix_credentials_client_id ON credentials (client_id);
CREATE INDEX ix_operations_in_progress ON operations (product_id, number) WHERE state = 'InProgress';
CREATE INDEX ix_operations_object_key ON operations (object_key);
CREATE INDEX ix_packages_object_key ON packages (object_key);
CREATE INDEX ix_releases_object_key ON releases (object_key);
CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE INDEX ix_products_offered_generation ON products (offered_generation);
CREATE INDEX ix_releases_icon_key ON releases (icon_key);
CREATE INDEX ix_submissions_pending ON submissions (product_id) WHERE state IN ('In review', 'Approved');
CREATE UNIQUE INDEX uq_submissions_pending ON submissions (product_id) WHERE state IN ('In review', 'Approved') AND restored_release_id IS NULL;
CREATE UNIQUE INDEX uq_submissions_rolling_back ON submissions (product_id) WHERE state IN ('In review', 'Approved') AND restored_release_id IS NOT NULL;
CREATE INDEX ix_catalogue_sorted_name_product_id ON catalogue (sorted_name, product_id);
CREATE INDEX ix_submissions_product_id_created_time ON submissions (product_id, created_time);
CREATE INDEX ix_memberships_publisher_id ON memberships (publisher_id);
CREATE INDEX ix_sessions_person_id ON sessions (person_id);
CREATE INDEX ix_links_expires_time ON links (expires_time);
CREATE INDEX ix_links_person_id ON links (person_id);
CREATE INDEX ix_links_publisher_id ON links (publisher_id);
CREATE INDEX ix_attempts_forgiven_time ON attempts (forgiven_time);
CREATE INDEX ix_products_sorted_name_id ON products (sorted_name, id);
CREATE INDEX ix_images_product_id_digest ON images (product_id, digest);
CREATE INDEX ix_products_kept_back ON products (kept_back_time) WHERE kept_back_time IS NOT NULL;
CREATE INDEX ix_operations_faults ON operations (last_updated_time) WHERE state = 'Failed' AND error_code IS NULL;
CREATE INDEX ix_events_subject ON events (subject);
CREATE INDEX ix_events_correlation_id ON events (correlation_id);
CREATE INDEX ix_events_time_number ON events (time, number);
CREATE INDEX ix_events_verb_time_number ON events (verb, time, number);
CREATE INDEX ix_events_actor_time_number ON events (actor, time, number);
CREATE INDEX ix_events_publisher_id_time_number ON events (publisher_id, time, number);
CREATE INDEX ix_events_product_id_time_number ON events (product_id, time, number);
CREATE INDEX ix_webhooks_publisher_id ON webhooks (publisher_id);
CREATE INDEX ix_deliveries_webhook_id_created_time ON deliveries (webhook_id, created_time);
CREATE INDEX ix_deliveries_pending ON deliveries (due_time) WHERE state = 'Pending';
CREATE INDEX ix_submissions_in_review ON submissions (created_time, id, due_time) WHERE state = 'In review';
CREATE INDEX ix_submissions_decided ON submissions (decided_time, created_time) WHERE review_due_time IS NOT NULL AND decided_time IS NOT NULL;
CREATE INDEX ix_questions_submission_id ON questions (submission_id);
CREATE UNIQUE INDEX uq_questions_open ON questions (submission_id) WHERE closed_time IS NULL;
CREATE INDEX ix_internal_notes_submission_id ON internal_notes (submission_id);
CREATE INDEX ix_products_publisher_id_sorted_name_id ON products (publisher_id, sorted_name, id);
