CREATE TABLE "api_keys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"name" text NOT NULL,
	"secret_hash" text NOT NULL,
	"last4" text NOT NULL,
	"former_secrets" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"scopes" text[] NOT NULL,
	"expires_at" timestamp with time zone,
	"created_by" uuid,
	"created_by_email" text,
	"created_at" timestamp with time zone NOT NULL,
	"rotated_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_tenant" ON "api_keys" USING btree ("tenant_id","created_at");
--> statement-breakpoint
-- By hand from here. A revoked key stays, so that its use can still be told; purging the tenant takes it along.
grant select, insert, update, delete on api_keys to tenantry_runtime;
--> statement-breakpoint
-- That a key was used changes nothing about access, so it stays silent.
create trigger announce after insert or delete or
  update of tenant_id, name, secret_hash, former_secrets, scopes, expires_at, revoked_at on api_keys
  for each row execute function announce_change('api_key');
--> statement-breakpoint
create trigger announce_truncate after truncate on api_keys for each statement execute function announce_change('api_key');
