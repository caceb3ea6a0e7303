CREATE TABLE "tenant"."document_files" (
	"tenant_id" text NOT NULL,
	"id" uuid NOT NULL,
	"document_id" uuid NOT NULL,
	"role" text NOT NULL,
	"position" integer NOT NULL,
	"content" "bytea" NOT NULL,
	CONSTRAINT "document_files_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "tenant"."chunks" ADD COLUMN "is_embedded" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant"."documents" ADD COLUMN "kind" text DEFAULT 'text' NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant"."documents" ADD COLUMN "source" text DEFAULT 'text' NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant"."documents" ADD COLUMN "file_name" text;--> statement-breakpoint
ALTER TABLE "tenant"."documents" ADD COLUMN "bytes" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant"."documents" ADD COLUMN "sha256" text;--> statement-breakpoint
ALTER TABLE "tenant"."documents" ADD COLUMN "status" text DEFAULT 'ready' NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant"."documents" ADD COLUMN "stage" text;--> statement-breakpoint
ALTER TABLE "tenant"."documents" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant"."documents" ADD COLUMN "indexed_version" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant"."documents" ADD COLUMN "chunk_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant"."documents" ADD COLUMN "embedded_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant"."documents" ADD COLUMN "text_length" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant"."documents" ADD COLUMN "failures" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant"."documents" ADD COLUMN "error" jsonb;--> statement-breakpoint
ALTER TABLE "tenant"."documents" ADD COLUMN "vectors" jsonb;--> statement-breakpoint
ALTER TABLE "tenant"."document_files" ADD CONSTRAINT "document_files_tenant_id_document_id_documents_tenant_id_id_fk" FOREIGN KEY ("tenant_id","document_id") REFERENCES "tenant"."documents"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "document_files_in_order" ON "tenant"."document_files" USING btree ("tenant_id","document_id","role","position");--> statement-breakpoint
CREATE UNIQUE INDEX "documents_once" ON "tenant"."documents" USING btree ("tenant_id","sha256");--> statement-breakpoint
CREATE INDEX "documents_recent" ON "tenant"."documents" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
-- By hand from here.
select tenant.guard_table('tenant.document_files');
--> statement-breakpoint
-- What comes in here is compressed already or soon read once: PostgreSQL need not try.
alter table tenant.document_files alter column content set storage external;
