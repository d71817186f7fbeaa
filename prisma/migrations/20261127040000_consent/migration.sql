-- A message that WeChat or the guest refused for want of consent waits for the guest to accept.
ALTER TYPE "MessageStatus" ADD VALUE 'REFUSED';

-- Counted on the message itself: a refusal that races an acceptance is decided by this row alone.
ALTER TABLE "message" ADD COLUMN "consents" INTEGER NOT NULL DEFAULT 0;

-- What is PENDING is found by its next try; what is refused has none. (A migration can't name the value that it adds.)
ALTER TABLE "message"
  ADD CONSTRAINT "message_next_try" CHECK (
    CASE WHEN "status" = 'PENDING' THEN "nextTryAt" IS NOT NULL
         ELSE "status" IN ('SENT', 'DROPPED') OR "nextTryAt" IS NULL END),
  ADD CONSTRAINT "message_consents" CHECK ("consents" >= 0);

-- The guest's last answer, for each order and template.
CREATE TABLE "message_consent" (
    "orderSn" TEXT NOT NULL,
    "serviceType" TEXT NOT NULL,
    "templateId" TEXT NOT NULL,
    "isAccepted" BOOLEAN NOT NULL,
    "answeredAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),

    CONSTRAINT "message_consent_pkey" PRIMARY KEY ("orderSn","serviceType","templateId"),
    CONSTRAINT "message_consent_template" CHECK ("templateId" ~ '^[0-9A-Za-z_-]{1,64}$')
);
