CREATE TABLE "tenant_domains" (
	"tenant_id" text NOT NULL,
	"domain" text NOT NULL,
	"origin" text NOT NULL,
	"proof" text NOT NULL,
	"verified_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tenant_domains_tenant_id_domain_pk" PRIMARY KEY("tenant_id","domain")
);
--> statement-breakpoint
ALTER TABLE "tenant_domains" ADD CONSTRAINT "tenant_domains_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "tenant_domains_verified" ON "tenant_domains" USING btree ("domain") WHERE verified_at is not null;--> statement-breakpoint
CREATE INDEX "tenant_domains_created" ON "tenant_domains" USING btree ("tenant_id","created_at");--> statement-breakpoint
grant select, insert, update, delete on tenant_domains to tenantry_runtime;
--> statement-breakpoint
-- Every replica hears which origins may call, also when that was changed by hand.
create function announce_domains() returns trigger language plpgsql as $$
begin
  perform pg_notify('tenantry_changes', 'domains all');
  return null;
end $$;
--> statement-breakpoint
create trigger announce after insert or update or delete or truncate on tenant_domains
  for each statement execute function announce_domains();
