/* Runs before the page is painted: marks that scripts work. The theme itself is in the page, set from the cookie. */
document.documentElement.classList.add("js");
