-- CreateTable
CREATE TABLE "wechat_call" (
    "number" TEXT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "endpoint" TEXT NOT NULL,
    "status" INTEGER,
    "code" TEXT,
    "requestId" TEXT,
    "durationMs" INTEGER NOT NULL,

    CONSTRAINT "wechat_call_pkey" PRIMARY KEY ("number","id")
);

-- CreateIndex
CREATE INDEX "wechat_call_at_idx" ON "wechat_call"("at");

-- CreateIndex
CREATE INDEX "payment_mismatch_transactionId_idx" ON "payment_mismatch"("transactionId");
