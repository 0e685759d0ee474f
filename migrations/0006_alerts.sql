CREATE TABLE `alerts` (
	`id` text NOT NULL,
	`since` integer NOT NULL,
	`ended_at` integer,
	`rule` text NOT NULL,
	`subject` text NOT NULL,
	`value` real NOT NULL,
	`limit` real NOT NULL,
	`text` text NOT NULL,
	`filters` text NOT NULL,
	`told` text,
	PRIMARY KEY(`id`, `since`)
) STRICT;
--> statement-breakpoint
CREATE INDEX `alerts_ended` ON `alerts` (`ended_at`);