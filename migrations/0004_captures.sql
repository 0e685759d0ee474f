CREATE TABLE `captures` (
	`request_id` integer PRIMARY KEY NOT NULL,
	`key_id` integer NOT NULL,
	`bytes` integer NOT NULL,
	`request_bytes` integer NOT NULL,
	`answer_bytes` integer NOT NULL,
	`request_is_cut` integer NOT NULL,
	`answer_is_cut` integer NOT NULL,
	`request` blob,
	`answer` blob
) STRICT;
--> statement-breakpoint
CREATE INDEX `captures_key` ON `captures` (`key_id`,`bytes`);--> statement-breakpoint
CREATE TABLE `kept_responses` (
	`key_id` integer NOT NULL,
	`response_id` text NOT NULL,
	`kept_at` integer NOT NULL,
	`item_ids` text NOT NULL,
	`bytes` integer NOT NULL,
	`request` blob NOT NULL,
	`answer` blob NOT NULL,
	PRIMARY KEY(`key_id`, `response_id`)
) STRICT;
--> statement-breakpoint
ALTER TABLE `keys` ADD `capture` integer DEFAULT false NOT NULL;