INSERT INTO leases (fleet, service, run)
VALUES (:fleet, :service, :run)
ON CONFLICT (fleet, service) DO UPDATE SET run = excluded.run
