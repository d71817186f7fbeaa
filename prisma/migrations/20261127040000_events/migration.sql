-- Every change of a payment is an event that others hear of: docs/events.md. No table is rewritten.

-- What is published of a change, as of its version. Rows from before have none: they never change.
ALTER TABLE "payment_event"
  ADD COLUMN "type" TEXT,
  ADD COLUMN "orderSn" TEXT,
  ADD COLUMN "serviceType" TEXT,
  ADD COLUMN "payTotal" INTEGER,
  ADD COLUMN "paidTotal" INTEGER,
  ADD COLUMN "payerTotal" INTEGER,
  ADD COLUMN "refundedTotal" INTEGER,
  ADD COLUMN "transactionId" TEXT,
  ADD COLUMN "payTime" TIMESTAMPTZ(3);

-- Finds the events of a span of time, and costs their writers next to nothing: they are stored in the order of time.
CREATE INDEX "payment_event_at_idx" ON "payment_event" USING BRIN ("at");

-- Who hears of each change, by jobs in the queue of this name. While it is empty, whoever changes a payment also marks the
-- change as published, and nothing else is done about it.
CREATE TABLE "payment_listener" (
    "job" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),

    CONSTRAINT "payment_listener_pkey" PRIMARY KEY ("job")
);

-- Rows that are there keep a null, without being written; from their next change on they have a version here (below).
ALTER TABLE "payment" ADD COLUMN "publishedVersion" INTEGER;
ALTER TABLE "payment" ALTER COLUMN "publishedVersion" SET DEFAULT 0;
ALTER TABLE "payment" ADD CONSTRAINT "payment_published_version"
  CHECK ("publishedVersion" BETWEEN 0 AND "version") NOT VALID;
CREATE INDEX "payment_due_publish" ON "payment" ("sn") WHERE "version" > "publishedVersion";

CREATE OR REPLACE FUNCTION "payment_keep_facts"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW."sn", NEW."serviceType", NEW."orderSn", NEW."userId", NEW."mchid", NEW."appid", NEW."openid", NEW."notifyUrl", NEW."payTotal", NEW."prepayBody")
     IS DISTINCT FROM
     (OLD."sn", OLD."serviceType", OLD."orderSn", OLD."userId", OLD."mchid", OLD."appid", OLD."openid", OLD."notifyUrl", OLD."payTotal", OLD."prepayBody") THEN
    RAISE EXCEPTION 'what payment % was made with never changes', OLD."sn" USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD."closedAt" IS NOT NULL AND NEW."closedAt" IS DISTINCT FROM OLD."closedAt" THEN
    RAISE EXCEPTION 'payment % stays closed', OLD."sn" USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD."closedAt" IS NULL AND NEW."closedAt" IS NOT NULL AND (OLD."paidAt" IS NOT NULL OR OLD."underReviewAt" IS NOT NULL) THEN
    RAISE EXCEPTION 'payment % has money and is not closed', OLD."sn" USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD."paidAt" IS NOT NULL AND
     (NEW."transactionId", NEW."paidTotal", NEW."paidAt") IS DISTINCT FROM (OLD."transactionId", OLD."paidTotal", OLD."paidAt") THEN
    RAISE EXCEPTION 'payment % is paid by %, for ever', OLD."sn", OLD."transactionId" USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW."version" NOT IN (OLD."version", OLD."version" + 1) OR NEW."refundedTotal" < OLD."refundedTotal" THEN
    RAISE EXCEPTION 'payment % only moves forward, a version at a time', OLD."sn" USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW."status" <> OLD."status" AND NEW."version" = OLD."version" THEN
    RAISE EXCEPTION 'payment % changes its status with its version', OLD."sn" USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW."publishedVersion" < OLD."publishedVersion" THEN
    RAISE EXCEPTION 'what was published of payment % stays published', OLD."sn" USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  -- A row from before: what it was isn't published, and what it becomes from here on is.
  IF NEW."publishedVersion" IS NULL AND NEW."version" > OLD."version" THEN
    NEW."publishedVersion" := OLD."version";
  END IF;
  RETURN NEW;
END $$;
