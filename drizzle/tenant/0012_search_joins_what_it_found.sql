-- Written by hand. The few passages that were found are looked up by their keys: a planner that takes them for thousands
-- (it cannot see into a function) would join them with every passage of the tenant.
alter function tenant.search_in_language(text, text, bigint, text, text[], text[], text, integer) rows 10;
--> statement-breakpoint
alter function tenant.search_chunks(text, text[], text[], text, integer) set enable_hashjoin = off;
--> statement-breakpoint
alter function tenant.search_chunks(text, text[], text[], text, integer) set enable_mergejoin = off;
