// An application with routes, a router below a path, and static files, as Express provides them by default.

import express from "express";

const text = "text-for-signed-in-users";
const router = express.Router();
router.get("/", (_request, response) => response.send(text));
router.all("/*path", (_request, response) => response.send(text));

const app = express();
app.get("/private", (_request, response) => response.send(text));
app.get("/private/help", (_request, response) => response.send("text for everyone"));
app.use(express.static(new URL("files", import.meta.url).pathname));
app.use("/private", router);
app.listen(Number(process.env.PORT), "localhost");
