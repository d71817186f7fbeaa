-- The words of docs/glossary.md for tables, columns, indexes and values. Names change and no table is rewritten.

ALTER TYPE "RefundCause" RENAME VALUE 'UNKEPT' TO 'UNAPPLIED';
ALTER TYPE "RefundCause" RENAME VALUE 'BY_HAND' TO 'MANUAL';

ALTER TABLE "payment" RENAME COLUMN "disputedAt" TO "underReviewAt";
ALTER TABLE "payment" RENAME COLUMN "nextAskAt" TO "nextRecheckAt";
ALTER TABLE "payment" RENAME COLUMN "lastAskedAt" TO "lastQueriedAt";
ALTER INDEX "payment_to_follow" RENAME TO "payment_due_apply";
ALTER INDEX "payment_to_ask" RENAME TO "payment_due_recheck";
ALTER INDEX "payment_to_queue" RENAME TO "payment_due_relay";
ALTER INDEX "payment_waiting" RENAME TO "payment_waiting_for_operator";

ALTER TABLE "refund" RENAME COLUMN "nextAskAt" TO "nextAdvanceAt";
ALTER TABLE "refund" RENAME COLUMN "askCount" TO "advanceCount";
ALTER INDEX "refund_to_ask" RENAME TO "refund_due_advance";

ALTER INDEX "message_owed" RENAME TO "message_due";

ALTER INDEX "homestay_order_to_ship" RENAME TO "homestay_order_due_shipping";

-- A mismatch has a subject and a resolution. The subject was part of its kind: REFUND_ and a status, or EVENT_TYPE.
CREATE TYPE "MismatchSubject" AS ENUM ('MONEY', 'REFUND', 'NOTICE');
CREATE TYPE "MismatchResolution" AS ENUM ('ACCEPTED', 'REFUNDED', 'DISMISSED', 'SETTLED', 'REJECTED');

ALTER TABLE "payment_misfit" RENAME TO "payment_mismatch";
ALTER TABLE "payment_mismatch" RENAME CONSTRAINT "payment_misfit_pkey" TO "payment_mismatch_pkey";
ALTER TABLE "payment_mismatch" RENAME CONSTRAINT "payment_misfit_paymentSn_fkey" TO "payment_mismatch_paymentSn_fkey";
ALTER INDEX "payment_misfit_paymentSn_idx" RENAME TO "payment_mismatch_paymentSn_idx";

DROP INDEX "payment_misfit_number_transactionId_kind_key";
ALTER TABLE "payment_mismatch" RENAME COLUMN "resolution" TO "oldResolution";
ALTER TABLE "payment_mismatch"
  ADD COLUMN "subject" "MismatchSubject" NOT NULL DEFAULT 'MONEY',
  ADD COLUMN "resolution" "MismatchResolution";
ALTER TABLE "payment_mismatch" ALTER COLUMN "subject" DROP DEFAULT;
UPDATE "payment_mismatch" SET
  "subject" = CASE WHEN "kind" LIKE 'REFUND\_%' THEN 'REFUND' WHEN "kind" = 'EVENT_TYPE' THEN 'NOTICE' ELSE 'MONEY' END::"MismatchSubject",
  "kind" = CASE WHEN "kind" LIKE 'REFUND\_%' THEN substr("kind", 8) ELSE "kind" END,
  "resolution" = (CASE "oldResolution" WHEN 'MISFIT' THEN 'REJECTED' ELSE "oldResolution" END)::"MismatchResolution"
WHERE "kind" LIKE 'REFUND\_%' OR "kind" = 'EVENT_TYPE' OR "oldResolution" IS NOT NULL;
ALTER TABLE "payment_mismatch" DROP COLUMN "oldResolution";
CREATE UNIQUE INDEX "payment_mismatch_subject_number_transactionId_kind_key"
  ON "payment_mismatch"("subject", "number", "transactionId", "kind");

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
  RETURN NEW;
END $$;
