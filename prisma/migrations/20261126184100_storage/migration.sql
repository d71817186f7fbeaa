-- A payment, an order and a message change a few times soon after they are made, and then never again. Room on their page
-- keeps those changes there, where the next one clears the last away.
ALTER TABLE "payment" SET (fillfactor = 80);
ALTER TABLE "homestay_order" SET (fillfactor = 80);
ALTER TABLE "message" SET (fillfactor = 80);

-- What loops look for is in small, busy indexes. At ten million rows PostgreSQL's own fifth of a table would let them grow
-- by two million dead entries before they are cleared.
ALTER TABLE "payment" SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE "homestay_order" SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE "message" SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE "session" SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
