-- The rates of calls to WeChat, which counts those of a merchant and not those of a process.
CREATE TABLE "shared_rate" (
    "name" TEXT NOT NULL,
    "spent" DOUBLE PRECISION NOT NULL,
    "granted" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "shared_rate_pkey" PRIMARY KEY ("name")
);

-- Pending payments are rechecked before closed ones.
DROP INDEX "payment_due_recheck";
CREATE INDEX "payment_due_recheck" ON "payment" ("nextRecheckAt") WHERE "nextRecheckAt" IS NOT NULL AND "closedAt" IS NULL;
CREATE INDEX "payment_due_recheck_closed" ON "payment" ("nextRecheckAt") WHERE "nextRecheckAt" IS NOT NULL AND "closedAt" IS NOT NULL;

-- What waits for an operator or a decision, among all that ever did.
CREATE INDEX "payment_mismatch_open" ON "payment_mismatch" ("createdAt") WHERE "resolvedAt" IS NULL;

-- No query looks for a payment by its user; each change of a payment had to write it.
DROP INDEX "payment_userId_idx";
