CREATE SCHEMA "tenant";
--> statement-breakpoint
CREATE TABLE "tenant"."chat_messages" (
	"tenant_id" text NOT NULL,
	"id" uuid NOT NULL,
	"session_id" uuid NOT NULL,
	"role" text NOT NULL,
	"content" text NOT NULL,
	"status" text DEFAULT 'completed' NOT NULL,
	"sources" jsonb,
	"cited" integer[],
	"usage" jsonb,
	"created_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "chat_messages_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "tenant"."chat_sessions" (
	"tenant_id" text NOT NULL,
	"id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"title" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "chat_sessions_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "tenant"."chunks" (
	"tenant_id" text NOT NULL,
	"id" uuid NOT NULL,
	"document_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"text" text NOT NULL,
	"start_offset" integer NOT NULL,
	"end_offset" integer NOT NULL,
	"search_vector" "tsvector" GENERATED ALWAYS AS (to_tsvector('english', text)) STORED NOT NULL,
	CONSTRAINT "chunks_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "tenant"."documents" (
	"tenant_id" text NOT NULL,
	"id" uuid NOT NULL,
	"title" text NOT NULL,
	"url" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "documents_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "tenant"."tenant_users" (
	"tenant_id" text NOT NULL,
	"id" uuid NOT NULL,
	"email" text NOT NULL,
	"full_name" text,
	"password_hash" text,
	"core_user_id" uuid,
	"is_active" boolean DEFAULT true NOT NULL,
	"is_verified" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tenant_users_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "tenant_users_linked" CHECK ("tenant"."tenant_users"."core_user_id" is null or ("tenant"."tenant_users"."core_user_id" = "tenant"."tenant_users"."id" and "tenant"."tenant_users"."password_hash" is null))
);
--> statement-breakpoint
ALTER TABLE "tenant"."chat_messages" ADD CONSTRAINT "chat_messages_tenant_id_session_id_chat_sessions_tenant_id_id_fk" FOREIGN KEY ("tenant_id","session_id") REFERENCES "tenant"."chat_sessions"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenant"."chat_sessions" ADD CONSTRAINT "chat_sessions_tenant_id_user_id_tenant_users_tenant_id_id_fk" FOREIGN KEY ("tenant_id","user_id") REFERENCES "tenant"."tenant_users"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenant"."chunks" ADD CONSTRAINT "chunks_tenant_id_document_id_documents_tenant_id_id_fk" FOREIGN KEY ("tenant_id","document_id") REFERENCES "tenant"."documents"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "chat_messages_in_order" ON "tenant"."chat_messages" USING btree ("tenant_id","session_id","created_at","id");--> statement-breakpoint
CREATE INDEX "chat_sessions_recent" ON "tenant"."chat_sessions" USING btree ("tenant_id","user_id","updated_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "chunks_in_order" ON "tenant"."chunks" USING btree ("tenant_id","document_id","position");--> statement-breakpoint
CREATE INDEX "chunks_search" ON "tenant"."chunks" USING gin ("search_vector");--> statement-breakpoint
CREATE UNIQUE INDEX "tenant_users_email_key" ON "tenant"."tenant_users" USING btree ("tenant_id",lower("email"));