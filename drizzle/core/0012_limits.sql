CREATE TABLE "limit_refusals" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" text NOT NULL,
	"user_id" uuid NOT NULL,
	"name" text NOT NULL,
	"scope" text NOT NULL,
	"limit" bigint NOT NULL,
	"spent" bigint NOT NULL,
	"resets_at" timestamp with time zone NOT NULL,
	"minute" timestamp with time zone NOT NULL,
	"requests" integer NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	"last_request_id" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "limit_warnings" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" text NOT NULL,
	"subject" text NOT NULL,
	"name" text NOT NULL,
	"span" text NOT NULL,
	"threshold" bigint NOT NULL,
	"spent" bigint NOT NULL,
	"limit" bigint,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "model_prices" ADD COLUMN "id" uuid DEFAULT gen_random_uuid() NOT NULL;--> statement-breakpoint
ALTER TABLE "limit_refusals" ADD CONSTRAINT "limit_refusals_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "limit_warnings" ADD CONSTRAINT "limit_warnings_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "limit_refusals_key" ON "limit_refusals" USING btree ("tenant_id","minute","user_id","name","scope");--> statement-breakpoint
CREATE INDEX "limit_refusals_last" ON "limit_refusals" USING btree ("tenant_id","last_at","id");--> statement-breakpoint
CREATE INDEX "limit_refusals_minute" ON "limit_refusals" USING btree ("minute");--> statement-breakpoint
CREATE UNIQUE INDEX "limit_warnings_key" ON "limit_warnings" USING btree ("tenant_id","subject","name","span","threshold");--> statement-breakpoint
CREATE INDEX "limit_warnings_at" ON "limit_warnings" USING btree ("tenant_id","at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "model_prices_id" ON "model_prices" USING btree ("id");
--> statement-breakpoint
-- Written by hand: rights.
grant select, insert, update, delete on limit_refusals, limit_warnings to tenantry_runtime;
