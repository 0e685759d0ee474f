CREATE TABLE `audit_log` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`subject` text NOT NULL,
	`before` text,
	`after` text,
	`address` text DEFAULT '' NOT NULL,
	`user_agent` text DEFAULT '' NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX `audit_log_subject` ON `audit_log` (`subject`);--> statement-breakpoint
CREATE TABLE `blocked_networks` (
	`network` text PRIMARY KEY NOT NULL,
	`note` text DEFAULT '' NOT NULL,
	`created_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `key_secrets` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`key_id` integer NOT NULL,
	`public_id` text,
	`mac` blob NOT NULL,
	`mac_version` integer DEFAULT 1 NOT NULL,
	`hint` text NOT NULL,
	`state` text NOT NULL,
	`created_at` integer NOT NULL,
	`not_after` integer,
	`revoked_at` integer,
	`first_used_at` integer,
	`last_used_at` integer,
	`idempotency_key` text,
	FOREIGN KEY (`key_id`) REFERENCES `keys`(`id`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `key_secrets_public_id_unique` ON `key_secrets` (`public_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `key_secrets_mac_unique` ON `key_secrets` (`mac`);--> statement-breakpoint
CREATE INDEX `key_secrets_key` ON `key_secrets` (`key_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `key_secrets_idempotency` ON `key_secrets` (`key_id`,`idempotency_key`);--> statement-breakpoint
CREATE TABLE `keys` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`note` text DEFAULT '' NOT NULL,
	`rights` integer NOT NULL,
	`built_in` integer DEFAULT false NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`disabled_at` integer,
	`revoked_at` integer,
	`rotate_after_days` integer,
	`models` text,
	`networks` text,
	`requests_per_minute` integer,
	`tokens_per_minute` integer,
	`in_flight` integer,
	`tokens_per_day` integer,
	`tokens_per_week` integer,
	`tokens_per_month` integer,
	`nano_usd_per_day` integer,
	`nano_usd_per_week` integer,
	`nano_usd_per_month` integer
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `keys_name` ON `keys` (`name`) WHERE "keys"."revoked_at" is null;--> statement-breakpoint
CREATE TABLE `names` (
	`id` integer PRIMARY KEY NOT NULL,
	`kind` integer NOT NULL,
	`value` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `names_value` ON `names` (`kind`,`value`);--> statement-breakpoint
CREATE TABLE `prices` (
	`model` text PRIMARY KEY NOT NULL,
	`currency` text NOT NULL,
	`input_micro` integer NOT NULL,
	`cached_micro` integer NOT NULL,
	`output_micro` integer NOT NULL,
	`as_of` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `requests` (
	`id` integer PRIMARY KEY NOT NULL,
	`skew_ms` integer NOT NULL,
	`accepted_at` integer GENERATED ALWAYS AS ((id / 4096) + 1735689600000 - skew_ms) VIRTUAL,
	`outcome` integer NOT NULL,
	`requests` integer DEFAULT 1 NOT NULL,
	`method_id` integer NOT NULL,
	`path_id` integer NOT NULL,
	`api_id` integer NOT NULL,
	`address_id` integer NOT NULL,
	`user_agent_id` integer NOT NULL,
	`client_request_id` text,
	`key_id` integer,
	`secret_id` integer,
	`model_asked_id` integer,
	`model_served_id` integer,
	`upstream_id` integer,
	`credential_id` integer,
	`stream` integer NOT NULL,
	`status` integer,
	`error_kind` integer,
	`error_text` text,
	`attempts` integer NOT NULL,
	`queued_ms` integer,
	`upstream_headers_ms` integer,
	`first_token_ms` integer,
	`duration_ms` integer,
	`overhead_us` integer,
	`tokens_in` integer,
	`tokens_out` integer,
	`tokens_cached` integer,
	`tokens_reasoning` integer,
	`token_source` integer NOT NULL,
	`bytes_in` integer NOT NULL,
	`bytes_out` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX `requests_key` ON `requests` (`key_id`) WHERE key_id is not null;--> statement-breakpoint
CREATE INDEX `requests_outcome` ON `requests` (`outcome`) WHERE outcome <> 1;--> statement-breakpoint
CREATE TABLE `sessions` (
	`mac` blob PRIMARY KEY NOT NULL,
	`created_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`address` text NOT NULL,
	`user_agent` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `settings` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL,
	`updated_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `user_agents` (
	`id` integer PRIMARY KEY NOT NULL,
	`raw` text NOT NULL,
	`family` text NOT NULL,
	`version` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `user_agents_raw` ON `user_agents` (`raw`);