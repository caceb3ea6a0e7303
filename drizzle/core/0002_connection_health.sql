CREATE TABLE "connection_health" (
	"tenant_id" text NOT NULL,
	"connection" text NOT NULL,
	"last_success_at" timestamp with time zone,
	"failing_since" timestamp with time zone,
	"code" text,
	"detail" text,
	"affected" integer DEFAULT 0 NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "connection_health_tenant_id_connection_pk" PRIMARY KEY("tenant_id","connection")
);
--> statement-breakpoint
ALTER TABLE "connection_health" ADD CONSTRAINT "connection_health_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "connection_health_failing" ON "connection_health" USING btree ("failing_since") WHERE failing_since is not null;--> statement-breakpoint
grant select, insert, update, delete on connection_health to tenantry_runtime;
