ALTER TABLE `upstreams` ADD `may_be_private` integer DEFAULT false NOT NULL;--> statement-breakpoint
UPDATE `upstreams` SET `may_be_private` = 1 WHERE EXISTS (
	SELECT 1 FROM `audit_log` WHERE `subject` = 'upstream ' || `upstreams`.`id`
		AND `action` IN ('upstream.add', 'upstream.edit') AND `actor` = 'command line'
);
