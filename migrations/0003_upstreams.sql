CREATE TABLE `attempts` (
	`request_id` integer NOT NULL,
	`number` integer NOT NULL,
	`upstream` text NOT NULL,
	`credential` text NOT NULL,
	`model` text NOT NULL,
	`status` integer,
	`error_kind` integer,
	`error_text` text,
	`started_ms` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	PRIMARY KEY(`request_id`, `number`)
) STRICT;
--> statement-breakpoint
CREATE TABLE `breakers` (
	`account` text NOT NULL,
	`model` text NOT NULL,
	`since` integer NOT NULL,
	`until` integer NOT NULL,
	`openings` integer NOT NULL,
	`reason` text NOT NULL,
	PRIMARY KEY(`account`, `model`)
) STRICT;
--> statement-breakpoint
CREATE TABLE `credentials` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`upstream_id` integer NOT NULL,
	`name` text NOT NULL,
	`priority` integer NOT NULL,
	`weight` integer NOT NULL,
	`models` text,
	`in_flight` text,
	`sealed` blob NOT NULL,
	`hint` text NOT NULL,
	`retiring` blob,
	`retiring_hint` text,
	`retiring_until` integer,
	`rotated_at` integer,
	`disabled_at` integer,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`upstream_id`) REFERENCES `upstreams`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `credentials_name` ON `credentials` (`upstream_id`,lower("name"));--> statement-breakpoint
CREATE TABLE `upstreams` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`dialect` text NOT NULL,
	`url` text NOT NULL,
	`priority` integer NOT NULL,
	`weight` integer NOT NULL,
	`models` text,
	`disabled_at` integer,
	`created_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `upstreams_name` ON `upstreams` (lower("name"));