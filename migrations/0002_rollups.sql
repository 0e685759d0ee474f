CREATE TABLE `cells` (
	`id` integer PRIMARY KEY NOT NULL,
	`series_id` integer GENERATED ALWAYS AS (id / 268435456) VIRTUAL,
	`grain` integer GENERATED ALWAYS AS (id / 67108864 % 4) VIRTUAL,
	`starts_at` integer GENERATED ALWAYS AS (id % 67108864 * 60000) VIRTUAL,
	`completed` integer NOT NULL,
	`failed` integer NOT NULL,
	`aborted` integer NOT NULL,
	`rejected` integer NOT NULL,
	`lost` integer NOT NULL,
	`tokens_in` integer NOT NULL,
	`tokens_out` integer NOT NULL,
	`tokens_cached` integer NOT NULL,
	`tokens_reasoning` integer NOT NULL,
	`estimated` integer NOT NULL,
	`cost_usd_nano` integer NOT NULL,
	`cost_cny_nano` integer NOT NULL,
	`unpriced` integer NOT NULL,
	`spread` blob NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `late_requests` (
	`id` integer PRIMARY KEY NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `rollup_marks` (
	`name` text PRIMARY KEY NOT NULL,
	`value` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `series` (
	`id` integer PRIMARY KEY NOT NULL,
	`key_id` integer DEFAULT 0 NOT NULL,
	`api_id` integer DEFAULT 0 NOT NULL,
	`model_id` integer DEFAULT 0 NOT NULL,
	`upstream_id` integer DEFAULT 0 NOT NULL,
	`family_id` integer DEFAULT 0 NOT NULL,
	`outcome` integer DEFAULT 0 NOT NULL,
	`error_kind` integer DEFAULT 0 NOT NULL,
	`status` integer DEFAULT 0 NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `series_values` ON `series` (`key_id`,`api_id`,`model_id`,`upstream_id`,`family_id`,`outcome`,`error_kind`,`status`);--> statement-breakpoint
ALTER TABLE `requests` ADD `cost_nano` integer;--> statement-breakpoint
ALTER TABLE `requests` ADD `cost_currency` integer;