SELECT token FROM fence
