-- Events are published to Kafka too, where it is configured: in order per order, which jobs don't keep.

-- A listener without a queue hears by `streamedVersion`.
ALTER TABLE "payment_listener" ADD COLUMN "hasQueue" BOOLEAN NOT NULL DEFAULT true;

-- Null until there is something to stream.
ALTER TABLE "payment" ADD COLUMN "streamedVersion" INTEGER;
ALTER TABLE "payment" ADD CONSTRAINT "payment_streamed_version"
  CHECK ("streamedVersion" BETWEEN 0 AND "publishedVersion") NOT VALID;
CREATE INDEX "payment_due_stream" ON "payment" ("sn") WHERE "publishedVersion" > "streamedVersion";

-- One process at a time streams.
CREATE TABLE "event_stream" (
    "name" TEXT NOT NULL,
    "holder" TEXT NOT NULL,
    "leasedUntil" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "event_stream_pkey" PRIMARY KEY ("name")
);
