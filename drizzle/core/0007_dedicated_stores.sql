CREATE TABLE "tenant_migrations" (
	"tenant_id" text NOT NULL,
	"version" integer NOT NULL,
	"state" text NOT NULL,
	"error" text,
	"ms" integer NOT NULL,
	"at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "tenant_migrations_tenant_id_version_pk" PRIMARY KEY("tenant_id","version")
);
--> statement-breakpoint
CREATE TABLE "database_servers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"is_built_in" boolean DEFAULT false NOT NULL,
	"address" text,
	"host" text,
	"connections_max" integer,
	"tenants_max" integer,
	"is_draining" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "database_servers_address" CHECK ("database_servers"."is_built_in" = ("database_servers"."address" is null))
);
--> statement-breakpoint
ALTER TABLE "sign_in_sessions" ADD COLUMN "password_epoch" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "database_role" text;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "database_password" text;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "store_version" integer;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "failure" text;--> statement-breakpoint
ALTER TABLE "tenant_migrations" ADD CONSTRAINT "tenant_migrations_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "database_servers_name_key" ON "database_servers" USING btree (lower("name"));--> statement-breakpoint
CREATE UNIQUE INDEX "database_servers_built_in" ON "database_servers" USING btree ("is_built_in") WHERE is_built_in;--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "tenants_database_server_id_database_servers_id_fk" FOREIGN KEY ("database_server_id") REFERENCES "public"."database_servers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "tenants_server" ON "tenants" USING btree ("database_server_id");
--> statement-breakpoint
-- By hand from here.
grant select, insert, update, delete on database_servers, tenant_migrations to tenantry_runtime;
--> statement-breakpoint
create trigger announce after insert or update or delete on database_servers
  for each row execute function announce_change('database_server');
--> statement-breakpoint
create trigger announce_truncate after truncate on database_servers
  for each statement execute function announce_change('database_server');
--> statement-breakpoint
-- The server of this very database.
insert into database_servers (id, name, is_built_in) values (gen_random_uuid(), 'Core server', true);
