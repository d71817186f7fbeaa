-- AlterTable
ALTER TABLE "payment_mismatch" ADD COLUMN     "decidedAt" TIMESTAMPTZ(3),
ADD COLUMN     "decidedBy" TEXT,
ADD COLUMN     "decidedReason" TEXT;

-- CreateTable
CREATE TABLE "operator_act" (
    "id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "operator" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "number" TEXT NOT NULL DEFAULT '',
    "reason" TEXT,
    "detail" JSONB,

    CONSTRAINT "operator_act_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "operator_act_number_idx" ON "operator_act"("number");

-- What operators did is append-only, as the trail of payments is.
CREATE TRIGGER "operator_act_append_only" BEFORE UPDATE OR DELETE ON "operator_act"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "operator_act_no_truncate" BEFORE TRUNCATE ON "operator_act"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
