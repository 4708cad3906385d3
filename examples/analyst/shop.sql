CREATE TABLE customers (customer_id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE orders (
    order_id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers,
    cents INTEGER NOT NULL,
    paid INTEGER NOT NULL
);
INSERT INTO customers VALUES (1, 'Ada'), (2, 'Bob'), (3, 'Eve');
INSERT INTO orders VALUES (1, 1, 1200, 1), (2, 2, 9900, 0), (3, 1, 450, 1), (4, 3, 1500, 1);
